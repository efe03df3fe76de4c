"""Where operators answer."""
