"""Equipment model, states, alarms and simulation of a plant."""
