"""A Django app with the device that django-otp's guide tells a project to write for SMS."""
