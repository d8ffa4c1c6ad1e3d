"""`understudy identity build`: sets of pictures of each person of a video; and fitting an embedder's bounds."""
