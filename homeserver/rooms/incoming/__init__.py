"""How events of other servers come in: parsed, checked, their gaps filled, authorised, appended."""
