/** Name of the file of rows for the warehouse in the scratch directory. */
export const ROWS_FILE = 'rows.csv';
