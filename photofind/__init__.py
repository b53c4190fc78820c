"""photofind finds photos in your own folders: by words, by a picture, by what is twice there."""

__version__ = "0.1.0"
