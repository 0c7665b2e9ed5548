"""Everything that needs PyTorch; imported only once it is known to be there."""
