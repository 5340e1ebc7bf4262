"""The kernel: acts, events, undo, access, the outbox and the registry of verbs. It knows no business."""
