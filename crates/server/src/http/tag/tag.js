// The tag.
