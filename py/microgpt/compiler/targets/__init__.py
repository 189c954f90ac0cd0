"""What the compiler's instructions become: a module a target."""
