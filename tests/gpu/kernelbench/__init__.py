"""What the kernel measurements are made of; nothing here but `device` needs PyTorch."""
