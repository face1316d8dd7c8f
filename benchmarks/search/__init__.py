"""What ``memory=``, a second worker and a teacher in a file save in a search."""
