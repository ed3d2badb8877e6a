"""Events, measures and the analysis of a swing."""
