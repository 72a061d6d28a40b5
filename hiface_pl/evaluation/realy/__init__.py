"""The REALY protocol (Chai et al., ECCV 2022), one file a step: a mean point distance in mm per face region, which REALY names NMSE."""
