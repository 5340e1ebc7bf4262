"""What a task, an activity or a file can be about."""

from typing import TypeAlias

from fairlead.models.company import Company
from fairlead.models.lead import Lead
from fairlead.models.opportunity import Opportunity
from fairlead.models.person import Person

Subject: TypeAlias = Person | Company | Lead | Opportunity
