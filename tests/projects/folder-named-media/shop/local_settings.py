SLOGAN = "kept by the team, not by a machine"
