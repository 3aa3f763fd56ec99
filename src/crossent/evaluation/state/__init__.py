"""Rows to what is kept of them: of fixed size, exact, and the same however the rows came."""
