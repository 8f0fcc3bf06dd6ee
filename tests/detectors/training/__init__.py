"""How the model is made."""
