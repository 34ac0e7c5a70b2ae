"""The read side: rows folded from streams, figures selected from rows, each naming the entries behind it."""
