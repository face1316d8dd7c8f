"""Sample weights for the wine data, and teachers that take them."""

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from wine import y

WEIGHT = np.random.default_rng(0).uniform(0.1, 5.0, size=len(y))
LOGISTIC = LogisticRegression()
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


def vote(*members):
    named = [(f"m{index}", member) for index, member in enumerate(members)]
    return VotingClassifier(named, voting="soft")


KEPT = np.arange(len(y)) % 4 > 0
