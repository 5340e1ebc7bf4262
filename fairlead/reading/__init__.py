"""Reading what others send: from the bytes of an arrival to the facts of an inquiry. Knows no database."""
