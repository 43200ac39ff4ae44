"""What a program can reach from a value: closed tables of attributes, a type each."""
