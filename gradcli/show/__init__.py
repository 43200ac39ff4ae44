"""Results to characters: everything that is drawn, and nothing that is computed.

tensor_text   the repr of a tensor, character for character PyTorch's
options       what `set_printoptions` sets
escape        the one escaper for text that came from outside
plain         values and diagnostics as plain text
terminal      the same in colour; the only user of rich, loaded on a terminal only
json_text     the objects of --json and --jsonl; loaded only then

Nothing is imported here: a one-shot run loads the two or three modules it needs.
"""
