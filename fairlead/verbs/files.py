"""Files on records: attached once a door has taken them in, archived, never served inline."""

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.upload import Upload
from fairlead.core.verb import verb
from fairlead.models import File
from fairlead.models.about import place
from fairlead.models.subject import Subject


@verb("{by} attached {it} to {about}", may="file.create")
def attach_file(by: Actor, about: Subject, *, upload: Upload) -> File:
    """Put a file on a record; up to 25 MB, no programs."""
    facts = {"media_type": upload.media_type, "size": upload.size, "sha256": upload.sha256}
    return create(File, **place(about), name=upload.name, stored_as=upload.keep(), by_user_id=by.user_id, **facts)


@verb("{by} put the file {file} away", may="edit")
def archive_file(by: Actor, file: File) -> File:
    """Take a file off its record; it is kept, so that this can be undone."""
    if file.archived_at is None:
        change(file, archived_at=clock.now())
    return file
