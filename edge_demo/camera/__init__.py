"""Where frames come from: cameras, addresses, files, folders and a simulated camera, behind one iterator."""
