"""The mutation score: how many planted mistakes in the code that bills the tests find."""
