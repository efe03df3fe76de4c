"""What can be set: the environment (:mod:`config.settings`) and the team file (:mod:`config.team`)."""
