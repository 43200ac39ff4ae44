"""Special functions of real numbers, in double precision: plain numpy, no operators."""
