"""Text -> nodes: tokens, tables, the parser, and what it says of text that is none."""
