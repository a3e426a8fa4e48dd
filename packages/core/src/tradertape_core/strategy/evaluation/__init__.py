"""Rules evaluated over a panel, vectorised: truth with unknowns, signals, entries, conviction. May
import `language` and the indicators.
"""
