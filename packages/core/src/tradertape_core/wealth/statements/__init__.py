"""Files of brokers as rows of cells, and the trades and ledger lines they state.

Layers, top first: `reading`; `rows`; `layouts`; `sheets`, `values`; `identity`, which says what
makes two rows one trade. Nothing here opens a file.
"""
