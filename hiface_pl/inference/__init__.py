"""From a photo to files on disk: reading, finding and cropping the face, reconstructing, exporting, showing."""
