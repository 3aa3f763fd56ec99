"""What is kept, to figures: pure functions of counts and rankings."""
