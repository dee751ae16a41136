"""How entry points write for people: colours, marks, figures and pictures, or plain lines."""
