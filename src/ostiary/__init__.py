"""Ostiary: the doorkeeper that forgets faces."""
