/** Rows of one page of a long list. */
export const PAGE_ROWS = 100
