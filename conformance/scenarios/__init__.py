"""What must hold: one module per promise; a scenario reads like the article that it retells."""
