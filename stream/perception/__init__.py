"""What is seen in a frame: faces found, followed, told apart, and what lies before them."""
