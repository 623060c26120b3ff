from act import train

train("train_ranking")
