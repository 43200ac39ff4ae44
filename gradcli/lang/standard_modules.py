def table(path): return {}
