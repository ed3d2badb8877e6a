"""The panels: each draws one part of the window from a PanelContext and tells it what the user asked for."""
