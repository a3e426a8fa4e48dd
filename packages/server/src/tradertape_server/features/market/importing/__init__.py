"""Import of files into a data set: read, check, merge, report. Needs pyarrow.

May import `data_sets` and `progress`. Layers, top first: `run`; `intake`; `candle_files`; the
checks and corporate actions; `report` and `request`; `parsing`.
"""
