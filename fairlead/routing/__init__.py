"""Who gets a lead, and what else follows from its facts: rules in order, of which the first that matches decides."""
