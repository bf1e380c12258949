"""Labelled rows -> the formats in which people keep papers. One module per format; none assigns labels.

filed       a row, with a person's correction applied: the content of every format
grouping    rows in the tree's order, with counts; tables: rows as the survey's tables
jsonl, spreadsheet, parquet                 row by row, whatever the length of the list
bibtex, ris, csl                            new reference lists
markdown, latex, webpage                    for readers
picture, svg, png                           the tree with its counts
splice/     keywords into a user's own file, everything else byte for byte as it was
target      files written whole, with a backup
"""
