"""What a service of the student answers under load, against one of the teacher."""
