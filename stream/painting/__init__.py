"""From what is seen to patches: faces painted, occluders cut out or laid back over them."""
