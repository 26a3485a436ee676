"""The vendors' SDKs behind one face, so that one test drives them all in the way in which their users do."""
