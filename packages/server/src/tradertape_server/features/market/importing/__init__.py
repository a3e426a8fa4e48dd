"""Files of other people into a data set: read, check, merge, report. Needs pyarrow."""
