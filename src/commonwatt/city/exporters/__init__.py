"""Cities to other tools' files."""
