"""Every minute: the leads whose time to be answered is half, mostly or wholly used up."""

import logging

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.errors import Refused
from fairlead.verbs.response_clock import due, mind_clock
from fairlead.work import heartbeat
from fairlead.work.schedule import every

SYSTEM = system("response clock")
MOST = 500
log = logging.getLogger("fairlead.worker")


@every("* * * * *")
def mind_clocks() -> None:
    """Each step of a clock is taken once: the act that warns moves the clock on."""
    for lead in due(clock.now())[:MOST]:
        try:
            mind_clock(SYSTEM, lead)
        except Refused as refusal:
            log.warning("The clock of lead %s: %s", lead.public_id, refusal)
        heartbeat.beat()
