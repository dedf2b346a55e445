"""What the workflow runs on: configuration, tracking, files, devices, origins."""
