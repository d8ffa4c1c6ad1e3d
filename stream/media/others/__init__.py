"""Sound, subtitles, data, covers: a source's other streams, copied, converted where that loses nothing, or left out."""
