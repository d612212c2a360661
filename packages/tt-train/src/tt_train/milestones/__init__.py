"""History's experiments with networks that see: LeNet (1998), AlexNet (2012), and real photographs in ten minutes."""
